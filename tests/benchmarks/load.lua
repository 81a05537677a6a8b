-- A script for wrk. Arguments after "--": how many exchanges there are, how many of them are asked for (spread over all
-- of them), then the session cookie of each client, if clients are logged in. Each client goes through all in order.
local requests, turn = {}, 0

local function body(k)
  return string.format('{"operationName":"UploadFile","documentId":"0001PaBM%06dRC"}', k)
end

function init(args)
  local count, asked, cookies = tonumber(args[1]), tonumber(args[2]), {}
  for i = 3, #args do cookies[#cookies + 1] = args[i] end
  for n = 0, asked - 1 do
    local k = math.floor(n * count / asked)
    for client = 1, math.max(#cookies, 1) do
      local fields = {["Accept"] = "application/json", ["Content-Type"] = "application/json"}
      if #cookies > 0 then fields["Cookie"] = "JSESSIONID=" .. cookies[client] end
      requests[#requests + 1] = wrk.format("POST", "/api/v2/me/chats/0001PaBMYY3600R8", fields, body(k))
    end
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('RESULT {"requests": %d, "rate": %.1f, "p50_ms": %.3f, "p99_ms": %.3f, "errors": %d}\n',
    summary.requests, summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
