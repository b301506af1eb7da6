module windflow.dev/testcontainers/reaper

go 1.23
