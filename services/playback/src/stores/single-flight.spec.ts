import { SingleFlight } from './single-flight.ts';

describe('SingleFlight', () => {
  it('runs once for all who ask meanwhile, and again for who asks later', async () => {
    const flights = new SingleFlight<number>();
    let runs = 0;
    const work = async (): Promise<number> => (runs += 1);
    expect(await Promise.all([1, 2, 3].map(() => flights.run('a', work)))).toEqual([1, 1, 1]);
    expect(await flights.run('a', work)).toBe(2);
  });

  it('keeps keys apart', async () => {
    const flights = new SingleFlight<string>();
    expect(await Promise.all(['a', 'b'].map((key) => flights.run(key, async () => key)))).toEqual(['a', 'b']);
  });

  it('fails for all who ask meanwhile, and forgets it', async () => {
    const flights = new SingleFlight<string>();
    const fails = [1, 2].map(() => flights.run('a', () => Promise.reject(new Error('no'))));
    const outcomes = await Promise.allSettled(fails);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
    expect(await flights.run('a', async () => 'yes')).toBe('yes');
  });
});
