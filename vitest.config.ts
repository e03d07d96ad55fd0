import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const packages = fileURLToPath(new URL('./packages', import.meta.url))

/** Tests run on the sources: a workspace import is sent to `src`, so no build stands between an edit and its test. */
const alias = [
  { find: /^@standpipe\/(\w+)\/(\w+)$/, replacement: `${packages}/$1/src/$2/index.ts` },
  { find: /^@standpipe\/(\w+)$/, replacement: `${packages}/$1/src/index.ts` },
  { find: /^standpipe$/, replacement: `${packages}/cli/src/index.ts` },
]

const extended = process.env.STANDPIPE_TEST_ALL === '1'

const include = ['packages/*/src/**/*.test.ts', 'examples/**/*.test.ts', 'scripts/**/*.test.ts', ...(extended ? ['packages/*/src/**/*.extended.ts', 'examples/**/*.extended.ts', 'scripts/**/*.extended.ts'] : [])]

/** Files that replace what other files use as it is; everything else shares the loaded modules, which saves a third of the time. */
const alone = ['packages/testkit/src/simulation/*mutations.test.ts', 'packages/sources/src/http/http-security.test.ts']

const shared = { testTimeout: 30_000, hookTimeout: 60_000 }

export default defineConfig({
  resolve: { alias },
  test: {
    maxWorkers: '100%', // by itself vitest leaves one core alone, which is half of a small machine
    projects: [
      { extends: true, test: { ...shared, name: 'together', include, exclude: [...alone, '**/node_modules/**'], isolate: false } },
      { extends: true, test: { ...shared, name: 'alone', include: alone } },
    ],
  },
})
