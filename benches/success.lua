-- A request that succeeds.

wrk.method = "POST"
wrk.path = "/emails"
wrk.body = '{"to":"a@example.com"}'
wrk.headers["Content-Type"] = "application/json"

function done(summary)
  local errors = summary.errors
  local lost = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("answers\t%d\t%d\t%d\n", summary.requests, errors.status, lost))
end
