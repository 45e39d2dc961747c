#!/bin/sh
# build.sh OUT
#
# Builds what the image holds into the new folder OUT: the service, its pages, and what these need at run time. Run it in
# a checkout whose packages are installed, as the Dockerfile does. Nothing in OUT can build, test or develop.
set -eu
out=${1:?usage: build.sh OUT}
export PATH="$PWD/node_modules/.bin:$PATH"

# Not `npm run build`: that compiles the PDS to develop against too, whose packages an image has no use for.
npm run --silent lexicons
tsc -b packages/backend
npm run --silent build -w @plyr/web

mkdir "$out"
cp package.json package-lock.json LICENSE "$out"
# npm holds the lockfile against every workspace that it names; those that don't run are taken away again below.
for package in docket backend web dev; do
  mkdir -p "$out/packages/$package"
  cp "packages/$package/package.json" "$out/packages/$package"
done
(
  cd "$out"
  npm ci --omit=dev --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error \
    -w @plyr/docket -w @plyr/backend
)
rm -rf "$out/packages/dev" "$out/packages/web/package.json" "$out/node_modules/.package-lock.json"

cp -R packages/docket/dist packages/docket/lua "$out/packages/docket"
cp -R packages/backend/dist "$out/packages/backend"
cp -R packages/web/dist "$out/packages/web"
# Half of what npm installs is read by compilers and debuggers alone.
find "$out" -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.tsbuildinfo' \) -delete
