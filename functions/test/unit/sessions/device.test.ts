import assert from 'node:assert/strict';
import { deviceOf } from '../../../src/sessions/device.ts';

describe('deviceOf', () => {
  const AGENTS: [userAgent: string, browser: string | undefined, os: string | undefined][] = [
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0',
      'Firefox',
      'Windows',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
      'Chrome',
      'macOS',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
      'Microsoft Edge',
      'Windows',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1',
      'Safari',
      'iOS',
    ],
    [
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36',
      'Samsung Internet for Android',
      'Android',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox', 'Linux'],
    ['okhttp/5.3.0', undefined, undefined],
    ['', undefined, undefined],
  ];
  for (const [userAgent, browser, os] of AGENTS) {
    it(`reads ${browser} on ${os} from ${userAgent.slice(0, 40)}`, async () => {
      const device = await deviceOf({ userAgent, address: undefined });
      assert.deepEqual([device.browser, device.os], [browser, os]);
    });
  }

  it('knows only the network without the header, and not all of the address', async () => {
    for (const [address, network] of [
      ['203.0.113.57', '203.0.113.0/24'],
      ['2001:db8:12:3456::9', '2001:db8:12::/48'],
      [undefined, undefined],
    ]) {
      assert.deepEqual(await deviceOf({ userAgent: undefined, address }), { network });
    }
  });

  it('takes no text of a client as a name', async () => {
    for (const userAgent of [
      'Your account was hacked, call +1 555/1 (now) x',
      'Firefox\u202e<b>/1 (x) y',
      '__proto__/1 (toString) x',
    ]) {
      const { browser = 'Firefox', os } = await deviceOf({ userAgent, address: undefined });
      assert.deepEqual([browser, os], ['Firefox', undefined], userAgent);
    }
  });

  it('reads no more than the start of a long header', async () => {
    const userAgent = `${'x'.repeat(600)} Firefox/145.0`;
    assert.equal((await deviceOf({ userAgent, address: undefined })).browser, undefined);
  });
});
