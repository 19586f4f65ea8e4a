import type { Page } from '@playwright/test';

/** The record under which a vault keeps its installation's key. */
export const KEY = { store: 'mls', key: [0, 1] };
/** The newest message of a vault. */
export const MESSAGE = { store: 'message' };

/** Changes a byte of a record in this browser's one vault, as a failing disk would: of the last one if no key is given. */
export async function damage(page: Page, record: { store: string; key?: number[] }): Promise<void> {
  await page.evaluate(async ({ store, key }) => {
    const answer = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const [found] = (await indexedDB.databases()).filter(({ name }) => name?.startsWith('jackdaw-'));
    const database = await answer(indexedDB.open(found?.name ?? ''));
    const name = [...database.objectStoreNames].find((name) => name.toLowerCase().replace(/s$/, '') === store.replace(/s$/, ''));
    const write = database.transaction(name ?? '', 'readwrite').objectStore(name ?? '');
    const cursor = await answer(write.openCursor(key ? new Uint8Array(key) : null, 'prev'));
    const bytes = cursor?.value as Uint8Array;
    bytes[bytes.length - 1]! ^= 1;
    await answer(cursor!.update(bytes));
    database.close();
  }, record);
}

/** Everything that is kept in the clear: by the tab, and by the browser for all tabs. */
export function kept(page: Page): Promise<string> {
  return page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
}
