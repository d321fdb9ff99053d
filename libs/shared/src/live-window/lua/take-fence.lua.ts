/**
 * Makes a token the only one that may write an input's window.
 * KEYS 1 fence
 * ARGV 1 token · 2 lifetime of the fence, ms
 * Returns 1, or 0 when a higher token stands.
 */
export const TAKE_FENCE_LUA = `
local standing = redis.call('GET', KEYS[1])
if standing and tonumber(standing) > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`;
