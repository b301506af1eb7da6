module windflow.dev/testcontainers/pause

go 1.23
