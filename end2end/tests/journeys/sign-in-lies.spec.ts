import type { Page } from '@playwright/test';
import type { Person } from '../../fixtures/people';
import { expect, test } from '../../fixtures/test';

/** Answers this server function with what the server has said, changed. */
async function lie(page: Page, name: string, change: (body: Buffer) => Buffer): Promise<void> {
  await page.route(`**/api/${name}`, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: change(await answer.body()) });
  });
}

/** The truth again. */
async function honest(page: Page, name: string): Promise<void> {
  await page.unroute(`**/api/${name}`);
}

/** Other bytes of the same length in the place of these, wherever they stand. */
function swap(body: Buffer, from: Buffer | string, to: Buffer | string): Buffer {
  const [old, other] = [Buffer.from(from), Buffer.from(to)];
  expect(other.length, 'the same length').toBe(old.length);
  expect(body.includes(old), `the answer holds ${from.toString()}`).toBe(true);
  const changed = Buffer.from(body);
  for (let at = changed.indexOf(old); at >= 0; at = changed.indexOf(old, at + old.length)) other.copy(changed, at);
  return changed;
}

/** What the wallet is asked to sign, in order. */
function texts(person: Person): string[] {
  const asked: string[] = [];
  person.wallet.lie = (method, params, truth) => {
    if (method === 'personal_sign') asked.push(Buffer.from(String(params[0]).slice(2), 'hex').toString());
    return truth();
  };
  return asked;
}

/** Connected, with the card that asks for the signature. */
async function atTheCard(person: Person): Promise<void> {
  await person.page.goto('/app');
  await person.jackdaw.connect();
  await expect(person.jackdaw.signIn).toBeVisible();
}

/** A varint of Postcard, and how many bytes it takes. */
function varint(body: Buffer, at: number): [bigint, number] {
  let value = 0n;
  for (let length = 0; ; length += 1) {
    const byte = body[at + length] as number;
    value |= BigInt(byte & 0x7f) << BigInt(7 * length);
    if (byte < 0x80) return [value, length + 1];
  }
}

function written(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 0x80n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
}

/** A challenge whose times are so much later, in milliseconds. */
function later(body: Buffer, issued: number, expires: number): Buffer {
  const nonce = /Nonce: ([0-9a-f]+)/.exec(body.toString('latin1'))?.[1] as string;
  const start = body.lastIndexOf(nonce) + nonce.length;
  const [first, length] = varint(body, start);
  const [second, rest] = varint(body, start + length);
  // Zigzag: a positive number is doubled.
  const times = [written(first + BigInt(issued) * 2n), written(second + BigInt(expires) * 2n)];
  return Buffer.concat([body.subarray(0, start), ...times, body.subarray(start + length + rest)]);
}

const MINUTE = 60_000;

test('c1_the wallet signs for the key that the card shows, whatever text the server sends', async ({ alice }) => {
  await atTheCard(alice);
  const asked = texts(alice);
  const shown = await alice.jackdaw.browserKey.innerText();
  const key = shown.replace(/\s/g, '');
  expect(key).toMatch(/^[0-9a-f]{16}$/);
  await expect(alice.jackdaw.toSign).toContainText(new URL(alice.page.url()).host);

  await lie(alice.page, 'challenge', (body) => {
    const at = body.indexOf('installation:') + 'installation:'.length;
    return swap(body, body.subarray(at, at + 64), 'ab'.repeat(32));
  });
  await alice.jackdaw.signIn.click();
  await alice.jackdaw.in();
  expect(asked).toHaveLength(1);
  expect(asked[0]).toContain(`urn:jackdaw:installation:${key}`);
  expect(asked[0]).not.toContain('abababab');
  expect(asked[0]).toContain(`${new URL(alice.page.url()).host} wants you to sign in`);
});

test('c1_a challenge that brings a line of its own reaches no wallet', async ({ alice }) => {
  await atTheCard(alice);
  const asked = texts(alice);
  await lie(alice.page, 'challenge', (body) => {
    const nonce = /Nonce: ([0-9a-f]+)/.exec(body.toString('latin1'))?.[1] as string;
    return swap(body, nonce, `0123456789abcdef\n${nonce.slice(17)}`);
  });
  await alice.jackdaw.signIn.click();
  await expect(alice.page.getByRole('alert')).toContainText('The server asked for a signature that this page does not allow.');
  expect(asked).toEqual([]);

  await honest(alice.page, 'challenge');
  await alice.jackdaw.signIn.click();
  await alice.jackdaw.in();
});

test('c1_nothing is signed for another time, and a wrong clock is said', async ({ alice }) => {
  await atTheCard(alice);
  const asked = texts(alice);
  await lie(alice.page, 'challenge', (body) => later(body, 60 * MINUTE, 60 * MINUTE));
  await alice.jackdaw.signIn.click();
  await expect(alice.page.getByRole('alert')).toContainText('clock');
  await honest(alice.page, 'challenge');

  await test.step('nor for a year', async () => {
    await lie(alice.page, 'challenge', (body) => later(body, 0, 365 * 24 * 60 * MINUTE));
    await alice.jackdaw.signIn.click();
    await expect(alice.page.getByRole('alert')).toContainText('does not allow');
    await honest(alice.page, 'challenge');
  });
  expect(asked).toEqual([]);

  await alice.jackdaw.signIn.click();
  await alice.jackdaw.in();
});

test('c1_a site that calls itself something else gets no signature, and says so', async ({ alice }) => {
  const asked = texts(alice);
  const host = new URL(alice.stack.url).host;
  const other = `j${host.slice(1)}`;
  await lie(alice.page, 'site', (body) => swap(body, host, other));
  await alice.page.goto('/app');
  await expect(alice.page.getByRole('heading', { name: 'This is not the address of this Jackdaw' })).toBeVisible();
  await expect(alice.page.getByText(host, { exact: true })).toBeVisible();
  await expect(alice.page.getByRole('link', { name: other })).toBeVisible();
  await expect(alice.jackdaw.connectButton).toBeHidden();
  await expect(alice.jackdaw.signIn).toBeHidden();
  expect(asked).toEqual([]);
});

test('c1_an answer to the sign-in that is not about this account and key leads nowhere', async ({ alice, bob }) => {
  await atTheCard(alice);
  await test.step('another key vouched for', async () => {
    await lie(alice.page, 'sign_in', (body) => {
      const at = body.indexOf('installation:') + 'installation:'.length;
      return swap(body, body.subarray(at, at + 64), 'ab'.repeat(32));
    });
    await alice.jackdaw.signIn.click();
    await expect(alice.page.getByRole('alert')).toContainText('does not fit');
    await honest(alice.page, 'sign_in');
  });

  await test.step('somebody else signed in', async () => {
    const address = (account: string): Buffer => Buffer.from(account.slice(2), 'hex');
    await lie(alice.page, 'sign_in', (body) => swap(body, address(alice.address), address(bob.address)));
    await alice.jackdaw.signIn.click();
    await expect(alice.page.getByRole('alert')).toContainText('does not fit');
    await honest(alice.page, 'sign_in');
  });
  await expect(alice.jackdaw.conversations).toBeHidden();

  await alice.jackdaw.signIn.click();
  await alice.jackdaw.in();
});
