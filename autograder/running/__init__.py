"""Where learners' code runs: the sandbox, the fork server, the kernels in it."""
