import { GUARD_LUA } from './guard.lua.ts';

/**
 * Adds one part: its bytes, and the head after it.
 * KEYS 1 fence · 2 tracks · 3 window · 4 part
 * ARGV 1 token · 2 track id · 3 revision after this write · 4 head (JSON) · 5 bytes · 6 lifetime, ms
 * Returns an AppendOutcome.
 */
export const APPEND_PART_LUA = `${GUARD_LUA}
local no = refusal(KEYS[1], ARGV[1]) or out_of_turn(KEYS[3], ARGV[3])
if no then return no end
redis.call('SET', KEYS[4], ARGV[5], 'PX', ARGV[6])
redis.call('HSET', KEYS[3], 'head', ARGV[4], 'revision', ARGV[3])
redis.call('SADD', KEYS[2], ARGV[2])
redis.call('PEXPIRE', KEYS[3], ARGV[6])
redis.call('PEXPIRE', KEYS[2], ARGV[6])
return 'applied'
`;
