import { randomUUID } from 'node:crypto';
import { backendsFromEnvironment, eventually, TcpGate } from '../testing/index.ts';
import { connectRedis, isReachable, type RedisConnection } from './connect-redis.ts';
import { RedisScript } from './redis-script.ts';

const open: RedisConnection[] = [];

const connectTo = (url: string, onError: (error: Error) => void = () => undefined): RedisConnection => {
  const redis = connectRedis(url, onError);
  open.push(redis);
  return redis;
};

afterEach(() => {
  for (const redis of open.splice(0)) redis.disconnect();
});

describe('a connection to Redis', () => {
  it('says once that the server is away, fails commands soon, and comes back by itself', async () => {
    const gate = await TcpGate.to(backendsFromEnvironment().REDIS_URL);
    const errors: Error[] = [];
    const redis = connectTo(gate.url, (error) => errors.push(error));
    expect(await isReachable(redis)).toBe(true);
    gate.shut();
    await expect(redis.get('any')).rejects.toThrow();
    await eventually(() => errors.length > 0);
    await expect(redis.get('any')).rejects.toThrow();
    expect(errors).toHaveLength(1);
    gate.open();
    await eventually(() => isReachable(redis));
    gate.close();
  });

  it('runs a script that the server does not know yet, and one that it knows', async () => {
    const redis = connectTo(backendsFromEnvironment().REDIS_URL);
    const script = new RedisScript(`-- ${randomUUID()}\nreturn {KEYS[1], ARGV[1]}`);
    expect(await script.run(redis, ['key'], ['first'])).toEqual(['key', 'first']);
    expect(await script.run(redis, ['key'], ['second'])).toEqual(['key', 'second']);
  });

  it('passes on what a script says is wrong', async () => {
    const redis = connectTo(backendsFromEnvironment().REDIS_URL);
    await expect(new RedisScript(`return redis.error_reply('MINE it is')`).run(redis, [], [])).rejects.toThrow('MINE');
  });
});
