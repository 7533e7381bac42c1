import { describe, expect, test } from 'vitest';
import { everyItem, newBundle, temporaryStore } from './fixtures.ts';

const hash = (digit: string): string => digit.repeat(64);

describe('bundles', () => {
  test('count their versions up within a name', async () => {
    const store = await temporaryStore();
    const made = [];
    for (const [name, digit] of [
      ['story', '1'],
      ['story', '2'],
      ['other', '3'],
      ['story', '4'],
    ] as const) {
      made.push((await store.bundles.create(newBundle(name, hash(digit)))).bundle);
    }
    expect(made.map((bundle) => `${bundle.name}@${bundle.version}`)).toEqual([
      'story@1',
      'story@2',
      'other@1',
      'story@3',
    ]);
    expect(await store.bundles.find('story')).toEqual(made[3]);
    expect(await store.bundles.find('story', 2)).toEqual(made[1]);
    expect(await store.bundles.find('story', 9)).toBeUndefined();
    expect(await store.bundles.find('none')).toBeUndefined();
    expect(await store.bundles.get(made[2]?.id ?? 0)).toEqual(made[2]);
    expect(await store.bundles.get(999)).toBeUndefined();
  });

  test('come back as they were given', async () => {
    const store = await temporaryStore();
    const input = newBundle('story');
    const { bundle } = await store.bundles.create(input);
    const { atMs, ...rest } = input;
    expect(bundle).toEqual({ ...rest, id: bundle.id, version: 1, createdAtMs: atMs });
    const delivery = newBundle('files', hash('d'), { command: undefined });
    expect((await store.bundles.create(delivery)).bundle).not.toHaveProperty('command');
  });

  test('with the same content are the same version', async () => {
    const store = await temporaryStore();
    const first = await store.bundles.create(newBundle('story', hash('1')));
    await store.bundles.create(newBundle('story', hash('2')));
    const again = await store.bundles.create(newBundle('story', hash('1'), { atMs: 9999 }));
    expect(first.created).toBe(true);
    expect(again).toEqual({ bundle: first.bundle, created: false });
    const namesake = await store.bundles.create(newBundle('tale', hash('1')));
    expect(namesake).toMatchObject({ created: true, bundle: { version: 1, folder: first.bundle.folder } });
  });

  test('made at the same time get versions of their own', async () => {
    const store = await temporaryStore();
    const digits = '123456789'.split('');
    const made = await Promise.all(
      digits.map((digit) => store.bundles.create(newBundle('story', hash(digit)))),
    );
    expect(new Set(made.map(({ bundle }) => bundle.version))).toEqual(new Set(digits.map(Number)));
  });

  test('never share a folder with other content', async () => {
    const store = await temporaryStore();
    await store.bundles.create(newBundle('story', hash('1')));
    const clash = newBundle('tale', `11111111${'2'.repeat(56)}`);
    await expect(store.bundles.create(clash)).rejects.toMatchObject({ code: 'NAME_CLASH' });
    expect(await store.bundles.find('tale')).toBeUndefined();
  });

  test('are listed oldest first, in pages, by name', async () => {
    const store = await temporaryStore();
    for (const digit of '12345') {
      await store.bundles.create(newBundle(Number(digit) % 2 ? 'odd' : 'even', hash(digit)));
    }
    const digits = async (name?: string) =>
      (await everyItem((after) => store.bundles.list({ limit: 2, after, name }))).map((page) =>
        page.map((bundle) => bundle.hash[0]).join(''),
      );
    expect(await digits()).toEqual(['12', '34', '5']);
    expect(await digits('odd')).toEqual(['13', '5']);
    expect(await digits('none')).toEqual(['']);
  });
});
