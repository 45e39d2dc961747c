# Short names for npm scripts, which work without just. To have it: npm install -g rust-just

# start redis, backend, frontend and a PDS to develop against
dev *options:
    npm run dev -- {{options}}

# `just backend run`: the service, with a worker in the same process
backend command *options:
    npm run backend:{{command}} -- {{options}}

# `just worker run`: one more worker
worker command *options:
    npm run worker:{{command}} -- {{options}}

# all tests, or those whose files are named
test *files:
    npm test -- {{files}}

# the whole gate: format, lint, types, boundaries, licences, documentation, tests
check *options:
    npm run check -- {{options}}

# the engine's figures
bench *options:
    npm run bench -- {{options}}
