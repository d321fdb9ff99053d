import { GUARD_LUA } from './guard.lua.ts';

/**
 * Puts the bytes of one part back.
 * KEYS 1 fence · 2 part
 * ARGV 1 token · 2 bytes · 3 lifetime, ms
 * Returns an AppendOutcome.
 */
export const PUT_BYTES_LUA = `${GUARD_LUA}
local no = refusal(KEYS[1], ARGV[1])
if no then return no end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
return 'applied'
`;
