import { GUARD_LUA } from './guard.lua.ts';

/**
 * Writes a whole window over whatever is there.
 * KEYS 1 fence · 2 tracks · 3 window
 * ARGV 1 token · 2 track id · 3 revision · 4 head (JSON) · 5 first media sequence kept · 6 lifetime, ms · then pairs of media sequence and segment (JSON)
 * Returns an AppendOutcome.
 */
export const REPLACE_LUA = `${GUARD_LUA}
local no = refusal(KEYS[1], ARGV[1])
if no then return no end
redis.call('DEL', KEYS[3])
redis.call('HSET', KEYS[3], 'head', ARGV[4], 'revision', ARGV[3], 'first', ARGV[5])
for i = 7, #ARGV, 2 do redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1]) end
redis.call('SADD', KEYS[2], ARGV[2])
redis.call('PEXPIRE', KEYS[3], ARGV[6])
redis.call('PEXPIRE', KEYS[2], ARGV[6])
return 'applied'
`;
