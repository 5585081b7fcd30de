#!/bin/bash
# What the health check of Docker Compose asks, and no more: whether MongoDB's port takes connections on the host of --host.
while [ $# -gt 0 ] && [ "$1" != --host ]; do shift; done
: <>"/dev/tcp/$2/27017"
