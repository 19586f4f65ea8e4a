import { freeze } from '../../fixtures/freeze';
import { befriend } from '../../fixtures/stories';
import { expect, test } from '../../fixtures/test';

/** How often each is done. */
const TIMES = Number(process.env.BENCH_TIMES ?? 10);

/** Prints how long a second tab takes from the end of the leading one until the server has what is written there. The goal is a second. */
test('another tab takes over', async ({ alice, bob }) => {
  test.setTimeout(20 * 60_000);
  await befriend(alice, bob);
  const at = `/app/c/${bob.address}`;
  alice.watch.expect(/the page crashed/);
  let leader = { page: alice.page, jackdaw: alice.jackdaw };
  for (const how of ['is closed', 'crashes', 'falls asleep'] as const) {
    const took: number[] = [];
    for (let time = 0; time < TIMES; time += 1) {
      const heir = await alice.tab();
      await heir.page.goto(at);
      await heir.jackdaw.thread.send(`${how}, ready ${time}`);
      await heir.jackdaw.thread.sent(`${how}, ready ${time}`);
      const text = `${how} ${time}`;
      await heir.jackdaw.thread.box.fill(text);
      if (how === 'falls asleep') await freeze(leader.page);
      const started = Date.now();
      if (how === 'is closed') void leader.page.close();
      if (how === 'crashes') void (await alice.context.newCDPSession(leader.page)).send('Page.crash').catch(() => undefined);
      await heir.jackdaw.thread.box.press('Enter');
      await expect(heir.jackdaw.thread.around(text)).toContainText('Sent', { timeout: 30_000 });
      took.push(Date.now() - started);
      await leader.page.close().catch(() => undefined);
      leader = heir;
    }
    took.sort((a, b) => a - b);
    process.stdout.write(`the leading tab ${how}: p50 ${took[took.length >> 1]} ms, longest ${took.at(-1)} ms, of ${TIMES}\n`);
  }
});
