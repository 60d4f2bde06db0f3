-- A request that is answered with a list.

wrk.path = "/list"

function done(summary)
  local errors = summary.errors
  local lost = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("answers\t%d\t%d\t%d\n", summary.requests, errors.status, lost))
end
