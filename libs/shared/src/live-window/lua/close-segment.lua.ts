import { GUARD_LUA } from './guard.lua.ts';

/**
 * Adds a closed segment and drops those before the first one kept, with their bytes.
 * KEYS 1 fence · 2 tracks · 3 window
 * ARGV 1 token · 2 track id · 3 revision after this write · 4 head (JSON) · 5 media sequence · 6 segment (JSON) · 7 first media sequence kept
 *      8 prefix of the part keys (same hash tag) · 9 lifetime, ms
 * Returns an AppendOutcome.
 */
export const CLOSE_SEGMENT_LUA = `${GUARD_LUA}
local no = refusal(KEYS[1], ARGV[1]) or out_of_turn(KEYS[3], ARGV[3])
if no then return no end
local first = tonumber(redis.call('HGET', KEYS[3], 'first') or ARGV[5])
redis.call('HSET', KEYS[3], 'head', ARGV[4], 'revision', ARGV[3], ARGV[5], ARGV[6], 'first', ARGV[7])
for msn = first, tonumber(ARGV[7]) - 1 do
  local dropped = redis.call('HGET', KEYS[3], msn)
  if dropped then
    for _, part in ipairs(cjson.decode(dropped).parts) do
      redis.call('UNLINK', string.format('%s%d:%d', ARGV[8], msn, part.partIndex))
    end
    redis.call('HDEL', KEYS[3], msn)
  end
end
redis.call('SADD', KEYS[2], ARGV[2])
redis.call('PEXPIRE', KEYS[3], ARGV[9])
redis.call('PEXPIRE', KEYS[2], ARGV[9])
return 'applied'
`;
