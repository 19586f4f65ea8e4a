import { defineConfig } from '@playwright/test';
import { chromium } from './fixtures/env';

/**
 * `cargo xtask test` installs what is needed, builds Jackdaw and runs this. A worker has one server, database and chain
 * for all of its tests; every test has people with accounts of their own, so tests run in any order.
 */
export default defineConfig({
  testDir: 'tests',
  outputDir: 'results',
  // Measurements and pictures prove nothing by themselves: by command, `BENCH=1` and `SHOTS=folder`.
  testIgnore: [...(process.env.BENCH ? [] : ['**/bench/**']), ...(process.env.SHOTS ? [] : ['**/shots*.spec.ts'])],
  // Tests of one file go to whichever worker is free: every worker has a stack, and every test people of its own.
  fullyParallel: true,
  workers: Number(process.env.E2E_WORKERS ?? 2),
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  // Two cores may be busy with a build beside us; nobody waits this long when all is well.
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    actionTimeout: 15_000,
    navigationTimeout: 20_000,
    // A trace costs as much as the test: ask for it with TRACE=1.
    trace: process.env.TRACE ? 'retain-on-failure' : 'off',
    screenshot: 'only-on-failure',
    reducedMotion: 'reduce',
    launchOptions: chromium(),
  },
});
