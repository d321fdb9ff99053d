import { z } from 'zod';
import { describeEnvironment } from './describe-environment.ts';
import { loadConfig } from './load-config.ts';
import { httpEnv, natsEnv } from './fragments.ts';

const schema = z.object({ ...natsEnv, ...httpEnv(8080) });

describe('configuration', () => {
  it('takes defaults for what is absent or empty', () => {
    const config = loadConfig(schema, { HTTP_PORT: '' });
    expect(config.HTTP_PORT).toBe(8080);
    expect(config.NATS_URL).toBe('nats://127.0.0.1:4222');
  });

  it('names the variable that is wrong', () => {
    expect(() => loadConfig(schema, { HTTP_PORT: 'eighty' })).toThrow(/HTTP_PORT/);
  });

  it('describes each variable with its default for the documentation', () => {
    expect(describeEnvironment(schema)).toContainEqual({
      name: 'HTTP_PORT',
      required: false,
      defaultValue: '8080',
      description: 'Port of the public door; 0 takes a free one',
    });
  });
});
