-- wrk ... -s products.lua http://ADDRESS -- get COUNT      reads products 1..COUNT over and over
-- wrk ... -s products.lua http://ADDRESS -- put FILE       stores the products of FILE, one a line
--
-- All requests are rendered before the run. The last line of output is "RESULT " and a JSON object.

local threads = 0

function setup(thread)
  thread:set("thread_index", threads)
  threads = threads + 1
end

function init(args)
  requests = {}
  if args[1] == "get" then
    for id = 1, tonumber(args[2]) do
      requests[id] = wrk.format("GET", "/products/" .. id)
    end
  elseif args[1] == "put" then
    local headers = { ["Content-Type"] = "application/json" }
    local id = 0
    for line in io.lines(args[2]) do
      id = id + 1
      requests[id] = wrk.format("POST", "/products/" .. id .. "/details", headers, line)
    end
  else
    error("the first argument is get or put")
  end
  -- Threads start apart, so that they do not ask for the same product at the same time.
  next_request = math.floor(#requests / 2) * (thread_index % 2)
end

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"duration_us":%d,"p50_us":%d,"p99_us":%d,' ..
    '"connect_errors":%d,"read_errors":%d,"write_errors":%d,"timeouts":%d,"refused":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect, errors.read, errors.write, errors.timeout, errors.status))
end
