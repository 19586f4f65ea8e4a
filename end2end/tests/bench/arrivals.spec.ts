import { befriend } from '../../fixtures/stories';
import { expect, test } from '../../fixtures/test';

/** How many messages arrive. */
const MESSAGES = Number(process.env.BENCH_MESSAGES ?? 1000);

/**
 * Prints the longest task on the page's thread while messages arrive: live, one after the other as fast as Alice can send
 * them, and at once, after Bob was away. The goal is 50 ms.
 */
test(`${MESSAGES} messages arrive`, async ({ alice, bob }) => {
  test.setTimeout(20 * 60_000);
  await befriend(alice, bob);
  for (const [how, away] of [['live', false], ['after an absence', true]] as const) {
    if (away) bob.network.pullOut();
    bob.watch.expectDisconnection();
    await bob.page.evaluate(() => {
      const world = window as unknown as { tasks: number[] };
      world.tasks = [];
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) world.tasks.push(entry.duration);
      }).observe({ entryTypes: ['longtask'] });
    });
    const started = Date.now();
    for (let number = 1; number <= MESSAGES; number += 1) {
      await alice.jackdaw.thread.box.fill(`${how}, message ${number}`);
      await alice.jackdaw.thread.box.press('Enter');
    }
    await expect(alice.jackdaw.thread.around(`${how}, message ${MESSAGES}`)).toContainText('Sent', { timeout: 600_000 });
    if (away) bob.network.putBack();
    await expect(bob.jackdaw.thread.message(`${how}, message ${MESSAGES}`)).toBeVisible({ timeout: 600_000 });
    const tasks = await bob.page.evaluate(() => (window as unknown as { tasks: number[] }).tasks);
    const longest = Math.round(Math.max(0, ...tasks));
    process.stdout.write(
      `${MESSAGES} messages ${how}: ${((Date.now() - started) / 1000).toFixed(1)} s in all; ` +
        `on the page's thread ${tasks.length} tasks over 50 ms, the longest ${longest === 0 ? 'under 50' : longest} ms\n`,
    );
  }
});
