import fs from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { Dice } from '../../fixtures/dice';
import { Ledger, MARK } from '../../fixtures/ledger';
import type { Person } from '../../fixtures/people';
import { until } from '../../fixtures/process';
import { befriend } from '../../fixtures/stories';
import { expect, test } from '../../fixtures/test';
import { Jackdaw } from '../../pages/jackdaw';

/** `cargo xtask drill --only browser` sets these; without them it is the short one. */
const KILLS = Number(process.env.DRILL_KILLS ?? 3);
const SECONDS = Number(process.env.DRILL_SECONDS ?? 0);
const SEED = Number(process.env.DRILL_SEED ?? Date.now() % 2 ** 31);
const REPORT = process.env.DRILL_REPORT;
/** Broken on purpose: after every kill the vault is as it was some moments before. The drill must notice, or fails. */
const FORGETS = process.env.DRILL_CONTROL === 'vault-forgets';

/** At most so many texts of one hand in one cycle: the end of a thread that a page loads first holds them all. */
const TEXTS = 12;

/** So often a draft stands in the text box when the browser is killed, and so long it has stood there: Chromium writes it within 5 s. */
const DRAFT_EVERY = 15;
const DRAFT_STANDS = 7_000;

/** What is done in one cycle, drawn before it begins. */
type Plan = { tabs: number; offline: boolean; pullAfter: number; killAfter: number; again: number; peer: boolean; pause: number };

function draw(dice: Dice): Plan {
  return {
    tabs: dice.once(2) ? Number(process.env.DRILL_TABS ?? 2) : 1,
    offline: dice.once(2),
    pullAfter: dice.between(0, 400),
    killAfter: dice.between(20, 1800),
    // Once more while it is being started again, after so long; 0: not.
    again: dice.once(5) ? dice.between(100, 1500) : 0,
    peer: dice.once(2),
    pause: dice.between(0, 120),
  };
}

test('a browser killed while somebody types loses nothing that was shown, and doubles nothing', async ({ people, bob, stack }) => {
  test.setTimeout(120_000 + Math.max(KILLS * 40_000, SECONDS * 1500));
  process.stdout.write(`    the seed of this drill is ${SEED}\n`);
  const dice = new Dice(SEED);
  const ledger = new Ledger();
  const counts = { kills: 0, offline: 0, tabs: 0, again: 0, drafts: 0, signIns: 0 };
  const back: number[] = [];

  const alice = await people.arrive('Alice', { profile: true });
  await befriend(alice, bob);
  for (const person of [alice, bob]) await listen(person.page, ledger);
  // A cookie is written to disk half a minute after it came, or when the browser is closed.
  await alice.close();
  await start(alice, bob, ledger, counts);

  const started = Date.now();
  const goesOn = (): boolean => (SECONDS > 0 ? Date.now() - started < SECONDS * 1000 : counts.kills < KILLS);
  try {
    while (goesOn() && ledger.complaints.length === 0) {
      ledger.cycle += 1;
      const plan = draw(dice);
      if (ledger.cycle % DRAFT_EVERY === 1) {
        await alice.jackdaw.thread.box.fill(`unsent ${ledger.cycle}`);
        await pause(DRAFT_STANDS);
        await alice.crash();
        await start(alice, bob, ledger, counts);
        await expect(alice.jackdaw.thread.box, 'what stood in the text box').toHaveValue(`unsent ${ledger.cycle}`);
        counts.kills += 1;
        counts.drafts += 1;
      }
      if (plan.tabs > 1) {
        const { page } = await alice.tab();
        await listen(page, ledger);
        await enter(page, bob, counts);
        counts.tabs += 1;
      }
      const kept = FORGETS ? copy(alice) : undefined;
      await untilKilled(alice, bob, plan, ledger);
      counts.kills += 1;
      counts.offline += Number(plan.offline);
      if (kept) putBack(alice, kept);
      alice.network.putBack();
      const down = Date.now();
      if (plan.again > 0) {
        // The browser is up; Playwright does not bear that it dies before.
        await launch(alice, ledger);
        const entering = enter(alice.page, bob, counts).catch(() => undefined);
        await pause(plan.again);
        await alice.crash();
        await entering;
        counts.kills += 1;
        counts.again += 1;
      }
      await start(alice, bob, ledger, counts);
      await settled(alice, bob, ledger);
      back.push(Date.now() - down);
      ledger.close(await marks(alice.page), await marks(bob.page));
    }
    for (const person of ledger.complaints.length > 0 ? [] : [alice, bob]) {
      ledger.whole(person.name, await wholeThread(person));
    }
  } finally {
    report(ledger, counts, back, (Date.now() - started) / 1000);
  }
  if (FORGETS) return expect(ledger.complaints, 'a vault that forgets must be noticed').not.toEqual([]);
  expect(ledger.complaints, `seed ${SEED}`).toEqual([]);
  expect(ledger.stands, 'a drill in which nothing was said proves nothing').toBeGreaterThan(counts.kills);
});

/** Types, in as many tabs as planned and at the peer, until the browser is killed in the middle of it. */
async function untilKilled(alice: Person, bob: Person, plan: Plan, ledger: Ledger): Promise<void> {
  let over = false;
  const type = async (page: Page, hand: string): Promise<void> => {
    const { box } = new Jackdaw(page).thread;
    for (let number = 1; number <= TEXTS && !over; number += 1) {
      await box.fill(`(${hand}${ledger.cycle}-${number})`, { timeout: 5_000 });
      await box.press('Enter', { timeout: 5_000 });
      await pause(plan.pause);
    }
  };
  const hands = alice.context.pages().map((page, at) => type(page, at === 0 ? 'a' : 'c'));
  // The killed browser's hands break off, however they do.
  const typing = hands.map((hand) => hand.catch((error: unknown) => (over ? undefined : Promise.reject(error as Error))));
  const peer = plan.peer ? type(bob.page, 'b') : Promise.resolve();
  const cable = (async () => {
    if (!plan.offline) return;
    await pause(plan.pullAfter);
    alice.network.pullOut();
  })();
  await pause(plan.killAfter);
  over = true;
  await alice.crash();
  await Promise.all([...typing, peer, cable]);
}

/** Starts the browser again, as its owner would, and comes to the conversation. */
async function start(alice: Person, bob: Person, ledger: Ledger, counts: { signIns: number }): Promise<void> {
  await launch(alice, ledger);
  await enter(alice.page, bob, counts);
}

async function launch(alice: Person, ledger: Ledger): Promise<void> {
  await alice.open();
  alice.watch.expectDisconnection();
  await listen(alice.page, ledger);
}

async function enter(page: Page, bob: Person, counts: { signIns: number }): Promise<void> {
  await page.goto(`/app/c/${bob.address}`);
  const jackdaw = new Jackdaw(page);
  await expect(jackdaw.thread.box.or(jackdaw.signIn).first()).toBeVisible();
  if (await jackdaw.signIn.isVisible()) {
    counts.signIns += 1;
    await jackdaw.signIn.click();
    await expect(jackdaw.thread.box).toBeVisible();
  }
}

/** Tells the ledger what the page shows, as soon as it does. */
async function listen(page: Page, ledger: Ledger): Promise<void> {
  await page.exposeFunction('__shown', (mark: string) => ledger.show(mark));
  const look = (mark: string): void => {
    const seen = new Set<string>();
    const find = (): void => {
      for (const article of document.querySelectorAll('[role=log] [role=article]')) {
        const found = new RegExp(mark).exec(article.textContent ?? '')?.[1];
        if (!found || seen.has(found)) continue;
        seen.add(found);
        (window as unknown as { __shown: (mark: string) => void }).__shown(found);
      }
    };
    new MutationObserver(find).observe(document, { subtree: true, childList: true, characterData: true });
    find();
  };
  await page.addInitScript(look, MARK.source);
  if (page.url().startsWith('http')) await page.evaluate(look, MARK.source);
}

/** Everything shown has come to both, and nothing waits. */
async function settled(alice: Person, bob: Person, ledger: Ledger): Promise<void> {
  const all = async (): Promise<boolean> => {
    const [mine, theirs] = [await marks(alice.page), await marks(bob.page)];
    const waiting = alice.jackdaw.thread.log.getByRole('article').filter({ hasText: /Waiting|Sending|Not sent/ });
    const [here, there] = [mine, theirs].map((marks) => marks.filter((mark) => mark.slice(1).startsWith(`${ledger.cycle}-`)).join());
    // What came back from the server moves to its place in the log, one after the other: in the end both have one order.
    return ledger.expected.every((mark) => mine.includes(mark)) && here === there && (await waiting.count()) === 0;
  };
  const comes = await until('everything shown has come', all, 20_000).then(() => true, () => false);
  if (!comes) ledger.complaints.push(`cycle ${ledger.cycle}: after 20 s not everything has come, or something still waits`);
}

/** The marks in the thread as a page shows it. */
async function marks(page: Page): Promise<string[]> {
  const texts = await new Jackdaw(page).thread.log.getByRole('article').allTextContents();
  return texts.flatMap((text) => MARK.exec(text)?.[1] ?? []);
}

/** Reads back to the beginning. */
async function wholeThread(person: Person): Promise<string[]> {
  const earlier = person.page.getByRole('button', { name: 'Earlier messages' });
  const articles = person.jackdaw.thread.log.getByRole('article');
  const beginning = person.page.getByText('Only the two of you can read this.');
  await expect(earlier.or(beginning).first()).toBeAttached();
  const read = async (): Promise<boolean> => {
    if ((await beginning.count()) > 0) return true;
    // Scrolling to it fetches as well: it may be gone before it is pressed.
    const before = await articles.count();
    await earlier.press('Enter', { timeout: 2_000 });
    await until('older messages come', async () => (await articles.count()) > before || (await beginning.count()) > 0, 5_000);
    return false;
  };
  await until('the thread is read to its beginning', read, 120_000);
  return marks(person.page);
}

/** The vault as it is now, on the disk. */
function copy(person: Person): string {
  const kept = `${person.profile}-kept`;
  fs.rmSync(kept, { recursive: true, force: true });
  fs.cpSync(vault(person), kept, { recursive: true });
  return kept;
}

function putBack(person: Person, kept: string): void {
  fs.rmSync(vault(person), { recursive: true, force: true });
  fs.renameSync(kept, vault(person));
}

function vault(person: Person): string {
  return path.join(person.profile as string, 'Default', 'IndexedDB');
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Prints what was counted, and keeps it beside the other drills' reports. */
function report(ledger: Ledger, counts: Record<string, number>, back: number[], seconds: number): void {
  const { lost, doubled, disordered, complaints, stands } = ledger;
  const sorted = [...back].sort((one, next) => one - next);
  const at = (part: number): number => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0) / 1000;
  const figures = { seed: SEED, seconds: Math.round(seconds), cycles: ledger.cycle, ...counts, stands, lost, doubled, disordered, back: { p50: at(0.5), max: at(1) } };
  const text = [
    `browser drill, seed ${SEED}: ${counts.kills} kills in ${Math.round(seconds)} s`,
    `offline at the kill ${counts.offline}, with two tabs ${counts.tabs}, killed again while starting ${counts.again}, with a draft ${counts.drafts}, signed in again ${counts.signIns}`,
    `${stands} texts stand; lost ${lost}, doubled ${doubled}, out of order ${disordered}`,
    `from the kill until everybody has everything: p50 ${at(0.5)} s, max ${at(1)} s`,
    ...complaints,
  ].join('\n');
  process.stdout.write(`    ${text.replaceAll('\n', '\n    ')}\n`);
  if (!REPORT) return;
  fs.mkdirSync(REPORT, { recursive: true });
  fs.writeFileSync(path.join(REPORT, 'report.txt'), `${text}\n`);
  fs.writeFileSync(path.join(REPORT, 'report.json'), `${JSON.stringify({ ...figures, complaints }, null, 2)}\n`);
}
