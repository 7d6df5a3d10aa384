"""The sandbox: one local server that plays the providers' protocols with real generated media.

app        the routes of the server
exchange   the way of one provider call: key, faults, limits, job, answer
control    /_sandbox/...: faults, limits, the journal of calls, reset
delivery   an answer on the wire: ranges, cut bodies, slow bodies
state      everything that changes while the server runs, in one place
fault      the faults that can be set, and when they hit
limit      requests per minute and concurrent jobs, as the provider would count them
caller     calls whoever asked to be told of a job's end
journal    the calls that arrived, with what they started
job        one accepted generation, whose state follows the wall clock
dialects   one module a provider: its paths, what it reads, what it answers
played     every other provider, from its entry in the catalogue
wire       the values that dialects are made of: call, reply, order, route
form       multipart forms
fields     reading a request's fields, and refusing what has the wrong type
hearing    reading what is to be transcribed, and refusing what is no sound
size       aspect ratios and resolutions as pixels
signing    proofs that a call comes from here
media      the pictures, clips and sounds

Imports go: app -> control | exchange -> delivery -> state -> caller -> dialects -> played -> wire -> job ->
media.
"""
