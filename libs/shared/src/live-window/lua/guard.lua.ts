/**
 * The guard of every write. Lua functions, put before a script.
 * `refusal(fence_key, fence)` → nil when the write may go on, else `fence_missing` (none or an older token stands) or `fenced_out`.
 * `out_of_turn(window_key, revision)` → nil when the revision is the next one, else `already_there` or `out_of_step`.
 */
export const GUARD_LUA = `
local function refusal(fence_key, fence)
  local standing = redis.call('GET', fence_key)
  if not standing or tonumber(standing) < tonumber(fence) then return 'fence_missing' end
  if tonumber(standing) > tonumber(fence) then return 'fenced_out' end
  return nil
end
local function out_of_turn(window_key, revision)
  local current = tonumber(redis.call('HGET', window_key, 'revision') or '0')
  if tonumber(revision) <= current then return 'already_there' end
  if tonumber(revision) > current + 1 then return 'out_of_step' end
  return nil
end
`;
