-- Errors of all kinds, one after the other, and how many answers came.

local json = { ["Content-Type"] = "application/json" }
local asked = {}

function init()
  local with_id = { ["Content-Type"] = "application/json", ["X-Request-Id"] = "load-7" }
  local browser = { ["Accept"] = "text/html,*/*;q=0.8" }
  asked = {
    wrk.format("POST", "/emails", json, '{"to":""}'),
    wrk.format("POST", "/emails", with_id, '{"to":"issues"}'),
    wrk.format("POST", "/emails", json, '{"to":5}'),
    wrk.format("POST", "/emails", json, '{"to":'),
    wrk.format("POST", "/emails", {}, '{}'),
    wrk.format("GET", "/emails", {}),
    wrk.format("GET", "/nowhere", {}),
    wrk.format("GET", "/nowhere", browser),
    wrk.format("GET", "/fails", {}),
    wrk.format("GET", "/panics", {}),
  }
end

local at = 0

function request()
  at = at % #asked + 1
  return asked[at]
end

function done(summary)
  local errors = summary.errors
  local lost = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("answers\t%d\t%d\t%d\n", summary.requests, errors.status, lost))
end
