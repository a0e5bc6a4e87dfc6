"""What a check needs in the learner's process where arguments or results are not plain data: models, generators,
pictures. A probe calls the learner's function, looks at what comes back, and returns plain data; it holds nothing
of what is expected."""
