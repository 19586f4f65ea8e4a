import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createECDH, createHmac } from 'node:crypto';
import { columns, contents, keepsNothing, needles, search, type Needle } from '../fixtures/canaries';
import { site } from '../fixtures/env';
import { Person } from '../fixtures/people';
import { Stack } from '../fixtures/stack';
import { befriend } from '../fixtures/stories';
import { expect, test } from '../fixtures/test';

/**
 * What the machine keeps after people have talked on it: none of what only they may know. A stack of its own, which is
 * stopped before its folder is searched, and a site of its own, whose worker writes down the randomness it draws: so the
 * installations' private keys are known to the test, and searched for.
 */
test('the machine keeps no word and no key', async ({ browser }) => {
  test.slow();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'jackdaw-site-'));
  fs.cpSync(site, folder, { recursive: true });
  tape(folder);
  const stack = await Stack.start(folder);
  const people: Person[] = [];
  try {
    const alice = await Person.arrive('Alice', stack, browser);
    const bob = await Person.arrive('Bob', stack, browser);
    people.push(alice, bob);
    const said = ['hello', 'quagga-sonnet-7741', 'Ωmega-canário-5520', `long-${'zebrafinch'.repeat(40)}`];
    const signatures = signaturesOf([alice, bob]);
    await befriend(alice, bob);
    await alice.jackdaw.thread.send(said[1]!);
    await bob.jackdaw.thread.send(said[2]!);
    await alice.jackdaw.thread.send(said[3]!);
    await expect(bob.jackdaw.thread.message(said[3]!)).toBeVisible();
    // This one the server is meant to know: it proves that the search would find something.
    const planted = 'Planted Magpie 9163';
    await alice.jackdaw.openSettings();
    await alice.jackdaw.settings.name.fill(planted);
    await alice.jackdaw.settings.save.click();
    await alice.page.reload();
    await expect(alice.jackdaw.settings.name).toHaveValue(planted);
    // And somebody writes it as well, behind a reload: whatever people write is heard, sent or not.
    await alice.show(bob);
    await alice.jackdaw.thread.box.fill(planted);
    await expect.poll(() => stack.secrets.texts()).toEqual(expect.arrayContaining([...said.slice(1), planted]));
    expect(stack.secrets.texts(), 'a common word').not.toContain('hello');

    const keys = (await Promise.all([alice, bob].map(installationKey))).flat();
    const cookies = (await Promise.all([alice, bob].map((person) => person.context.cookies()))).flat();
    const tokens = cookies.filter(({ value }) => value.length > 20).map(({ name, value }) => ({ name, secret: Buffer.from(value) }));
    expect(tokens.length, 'sessions to search for').toBeGreaterThanOrEqual(2);

    const texts = said.slice(1).flatMap((text, index) => needles(`message ${index + 1}`, Buffer.from(text)));
    const secret: Needle[] = [
      ...texts,
      ...keys.flatMap((key, index) => needles(`private key ${index + 1}`, key)),
      ...tokens.flatMap(({ name, secret }) => needles(`cookie ${name}`, secret)),
    ];
    const control = needles('planted', Buffer.from(planted));

    await test.step('every column of every table', async () => {
      const all = await columns(stack);
      expect(all.length).toBeGreaterThan(20);
      expect(search(all, control), 'the planted one').not.toEqual([]);
      expect(search(all, secret)).toEqual([]);
    });

    await test.step('the data directory with its log of writes', async () => {
      for (const person of people) await person.context.close();
      await stack.down();
      const where = search(contents(stack), control);
      expect(where.some((place) => place.includes('pg_wal')), 'the planted one in the WAL').toBe(true);
      expect(where.some((place) => place.includes('base')), 'the planted one in a table').toBe(true);
      expect(search(contents(stack), secret)).toEqual([]);
    });

    await test.step('the logs', async () => {
      const logs = stack.logs();
      expect(logs.length).toBeGreaterThan(0);
      // A wallet's signature is public to the members, but no business of a log's.
      const signed = (await signatures()).flatMap((bytes, index) => needles(`signature ${index + 1}`, bytes));
      expect(signed.length).toBeGreaterThan(0);
      // Neither are names and addresses of the network.
      const log = [...secret, ...signed, ...control];
      expect(search([{ name: 'log', bytes: logs }], log)).toEqual([]);
      const forms = needles('control', Buffer.from('Planted in a log')).map(({ bytes }) => Buffer.concat([logs, Buffer.from('..'), bytes]));
      for (const bytes of forms) {
        expect(search([{ name: 'log', bytes }], needles('control', Buffer.from('Planted in a log')))).not.toEqual([]);
      }
    });
    await test.step('the search behind all journeys finds what was planted, and nothing else', async () => {
      const told = await keepsNothing(stack).then(() => 'nothing', String);
      expect(told).toContain(`"${planted}" (as it is) in public.accounts.name`);
      expect(told).toMatch(/"Planted Magpie 9163" \(as it is\) in \S*pg_wal/);
      for (const line of told.split('\n').slice(1)) expect(line).toContain(planted);
    });
  } finally {
    for (const person of people) await person.leave();
    await stack.destroy();
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

test('a secret is found wherever it stands in base64 or hex', () => {
  const secret = Buffer.from('correct horse battery');
  for (const before of ['', 'a', 'ab', 'abc']) {
    for (const after of ['', 'x', 'xy']) {
      const text = Buffer.concat([Buffer.from(before), secret, Buffer.from(after)]);
      for (const form of ['base64', 'base64url', 'hex', 'utf8'] as const) {
        const haystack = [{ name: 'here', bytes: Buffer.from(text.toString(form)) }];
        expect(search(haystack, needles('secret', secret)), `${form} of ${text}`).not.toEqual([]);
      }
    }
  }
});

/** Makes the worker of this site write down what it draws from the browser's randomness. */
function tape(folder: string): void {
  const { worker_js: worker } = JSON.parse(fs.readFileSync(path.join(folder, 'assets.json'), 'utf8')) as { worker_js: string };
  const file = path.join(folder, worker);
  const before = `self.__tape=[];{const draw=Crypto.prototype.getRandomValues;Crypto.prototype.getRandomValues=function(a){const r=draw.call(this,a);self.__tape.push(Array.from(new Uint8Array(a.buffer,a.byteOffset,a.byteLength)));return r}}\n`;
  fs.writeFileSync(file, before + fs.readFileSync(file, 'utf8'));
  for (const ending of ['.br', '.gz']) fs.rmSync(file + ending, { force: true });
}

/**
 * The installation's private key, and the randomness it was made of: of all that the worker drew, the one whose public key
 * went to the server.
 */
async function installationKey(person: Person): Promise<Buffer[]> {
  const [worker] = person.page.workers();
  const drawn = await worker!.evaluate(() => (self as unknown as { __tape: number[][] }).__tape);
  // After a reload the key comes out of the vault; what was drawn for it was read before.
  const tape = [...(tapesOf.get(person) ?? []), ...drawn].map((bytes) => Buffer.from(bytes));
  const sent = publicKeys.get(person) ?? [];
  for (const seed of tape.filter(({ length }) => length === 32)) {
    // The first draw from a fresh stream: `Stream` in crates/e2ee/src/randomness.rs. Should that change, nothing is found here.
    const stream = hmac(Buffer.alloc(32), 'seed', seed);
    const key = hmac(stream, 'draw', Buffer.alloc(8));
    const pair = createECDH('prime256v1');
    pair.setPrivateKey(key);
    if (sent.some((body) => body.includes(pair.getPublicKey()))) return [key, seed];
  }
  throw new Error(`${person.name}'s private key is not on the tape`);
}

function hmac(key: Buffer, label: string, input: Buffer): Buffer {
  return createHmac('sha256', key).update(label).update(input).digest();
}

const tapesOf = new Map<Person, number[][]>();
const publicKeys = new Map<Person, Buffer[]>();

/** Listens to what goes to the server before the sign-in, and to what wallets sign. */
function signaturesOf(people: Person[]): () => Promise<Buffer[]> {
  const signed: Buffer[] = [];
  for (const person of people) {
    publicKeys.set(person, []);
    person.page.on('request', (request) => {
      const body = request.postDataBuffer();
      if (body) publicKeys.get(person)!.push(body);
      if (!request.url().endsWith('/api/sign_in')) return;
      // The vault was just made: everything is on the tape now.
      void person.page.workers()[0]?.evaluate(() => (self as unknown as { __tape: number[][] }).__tape).then((tape) => tapesOf.set(person, tape));
    });
    const ask = person.wallet.request.bind(person.wallet);
    person.wallet.request = async (method, params) => {
      const answer = await ask(method, params);
      if (method === 'personal_sign') signed.push(Buffer.from(String(answer).slice(2), 'hex'));
      return answer;
    };
  }
  return async () => signed;
}
