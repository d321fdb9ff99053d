import { readdirSync, readFileSync } from 'node:fs';

const services = readdirSync('services');

describe('the house', () => {
  it('has five services', () => {
    expect(services.toSorted()).toEqual(['broadcast', 'ingest', 'packager', 'playback', 'timeshift']);
  });

  it.each(services)('%s has one flow, one wiring table, a short main and a README', (service) => {
    const files = readdirSync(`services/${service}/src`, { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => file.endsWith('.service.ts'))).toEqual([`${service}.service.ts`]);
    expect(files.filter((file) => file.endsWith('.module.ts'))).toEqual([`${service}.module.ts`]);
    const lines = (file: string): number =>
      readFileSync(`services/${service}/src/${file}`, 'utf8')
        .split('\n')
        .filter((line) => line.trim() !== '').length;
    expect(lines('main.ts')).toBeLessThanOrEqual(40);
    expect(lines(`${service}.service.ts`)).toBeLessThanOrEqual(150);
    expect(readdirSync(`services/${service}`)).toContain('README.md');
  });
});
