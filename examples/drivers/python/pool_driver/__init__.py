"""The driver `pool`: a list of BuildKit daemons as one builder, with health checks, failover and affinity."""
