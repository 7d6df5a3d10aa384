"""One Lambda function a module: event to call to reply."""
