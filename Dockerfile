# Grading where bubblewrap is missing (macOS, Windows, managed servers): the same sandbox inside a container.
#
#   docker build -t dlcourse .
#   docker run --rm --network none --cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt seccomp=unconfined \
#       --security-opt apparmor=unconfined -v "$PWD/submitted:/class/submitted:ro" -v "$PWD/out:/class/out" \
#       dlcourse grade submitted --assignment 01_convolution --out out
#
# The four options let bubblewrap make namespaces inside the container, which has no network itself; each kernel gives
# up all of them before a learner's code runs. Without them the container is the only wall: `autograder doctor` says
# so, and submissions can then reach each other and the results, but not the machine around the container.
FROM python:3.12-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap tini \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /src
COPY . .
RUN pip install --no-cache-dir ".[grading]" -c constraints.txt && rm -rf /src

WORKDIR /class
ENTRYPOINT ["tini", "--", "autograder"]
CMD ["doctor"]
