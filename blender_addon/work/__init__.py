"""What is asked of the server and what comes back: inputs, parameters, jobs, versions, images."""
