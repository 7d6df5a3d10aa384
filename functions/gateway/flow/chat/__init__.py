"""What is answered within the call, in words or numbers: chats and embeddings.

entry     take a call in: check it, and choose its chain
course    go along the chain until a target answers, or begins to
listen    hear one target: a whole answer, or a stream
account   end such a job: count, price, book
discreet  ports that keep nothing of what was said
"""
