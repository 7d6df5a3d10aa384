"""The run time, top to bottom; imports go down only.

runtime     the loop that serves a handler whose answers are streamed; knows nothing of the rest
handlers    an event becomes a call of the flow, its answer a reply; the only readers of the environment
flow        what happens to a job: accept, find the next slot, start, check, deliver, settle, tell, sweep
aws         the ports that end in AWS: jobs, pacers, usage, keys, secrets, artifacts, workflow
transport   the port that ends at a provider: sends one request, streams one file
guard       what calls the URLs that callers give: every address is checked, and then that one connected
protocols   how a provider is spoken to, as pure functions over the plan's steps
domain      what a request, a chain, a price, a slot, a file, a job is; pure
plan        what the compiler wrote
wire        the part of it that says how a provider is spoken to
errors      what a caller is told
"""
