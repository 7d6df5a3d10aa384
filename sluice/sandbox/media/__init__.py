"""Generated media: pictures, clips and sounds, the same bytes for the same parameters.

spec     what to render; the only input of everything else here
scene    the landscape and the caption that a picture and a clip share
image    a spec as PNG, JPEG, WebP or GIF
video    a spec as MP4 of an exact size and duration
speech   what a sound says, which is made up
audio    a spec as MP3, WAV, PCM and the other sound formats
studio   renders in worker threads and remembers the results
"""
