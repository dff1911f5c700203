import assert from 'node:assert/strict';
import { clientAddress, networkOf } from '../../../src/pipeline/client-address.ts';

describe('clientAddress', () => {
  it('takes the last entry, which Google’s front end wrote, with one trusted proxy', () => {
    assert.equal(clientAddress('203.0.113.7', 1), '203.0.113.7');
    assert.equal(clientAddress('198.51.100.1, 203.0.113.7', 1), '203.0.113.7');
    assert.equal(clientAddress('203.0.113.7,142.250.1.1', 2), '203.0.113.7');
    assert.equal(clientAddress('203.0.113.7 , 130.211.0.1,142.250.1.1', 3), '203.0.113.7');
  });

  const spoofed = ['127.0.0.1', '127.0.0.1,127.0.0.1', ',', ',,,', 'x', '::1', ' ', '1.1.1.1, '.repeat(500)];
  for (const sent of spoofed) {
    it(`ignores what the caller sent in front: ${JSON.stringify(sent.slice(0, 30))}`, () => {
      assert.equal(clientAddress(`${sent},203.0.113.7`, 1), '203.0.113.7');
      assert.equal(clientAddress(`${sent}, 203.0.113.7, 142.250.1.1`, 2), '203.0.113.7');
    });
  }

  it('takes the first entry when there are fewer than trusted proxies', () => {
    assert.equal(clientAddress('203.0.113.7', 2), '203.0.113.7');
    assert.equal(clientAddress('203.0.113.7,142.250.1.1', 9), '203.0.113.7');
  });

  const unknown = [
    undefined,
    '',
    ',',
    '203.0.113.7,',
    'unknown',
    '203.0.113',
    '203.0.113.07',
    '203.0.113.7:80',
    '[2001:db8::1]',
    'fe80::1%eth0',
    '2001:db8::1::2',
    'localhost',
    '_hidden',
    '::ffff:203.0.113.256',
  ];
  for (const header of unknown) {
    it(`knows no address in ${JSON.stringify(header)}`, () => {
      assert.equal(clientAddress(header, 1), undefined);
    });
  }

  it('knows one form of each address', () => {
    assert.equal(clientAddress('2001:0DB8:0:0::0001', 1), '2001:db8::1');
    for (const mapped of ['::ffff:203.0.113.7', '::FFFF:cb00:7107', '0:0:0:0:0:ffff:cb00:7107']) {
      assert.equal(clientAddress(mapped, 1), '203.0.113.7', mapped);
    }
  });

  it('reads a header of 16 KiB', () => {
    assert.equal(clientAddress(`${','.repeat(16_000)}203.0.113.7`, 9), undefined);
    assert.equal(clientAddress(`${','.repeat(16_000)}203.0.113.7`, 1), '203.0.113.7');
  });
});

describe('networkOf', () => {
  const networks: readonly [address: string, coarse: string, exact: string][] = [
    ['203.0.113.7', '203.0.113.0/24', '203.0.113.7/32'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1::/48', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8::/48', '2001:db8::/64'],
    ['2001:db8:0:0:1::', '2001:db8::/48', '2001:db8::/64'],
    ['2001:0:0:7::1', '2001::/48', '2001:0:0:7::/64'],
    ['::1', '::/48', '::/64'],
    ['1::', '1::/48', '1::/64'],
  ];
  for (const [address, coarse, exact] of networks) {
    it(`is ${coarse} and ${exact} for ${address}`, () => {
      assert.equal(networkOf(address, { ipv4: 24, ipv6: 48 }), coarse);
      assert.equal(networkOf(address, { ipv4: 32, ipv6: 64 }), exact);
    });
  }

  it('is the same for all addresses of an IPv6 network of 64 bits', () => {
    const networks = new Set(
      Array.from({ length: 1000 }, (_, host) =>
        networkOf(clientAddress(`2001:db8:1:2:${host.toString(16)}::${host.toString(16)}`, 1) ?? '', {
          ipv4: 32,
          ipv6: 64,
        }),
      ),
    );
    assert.deepEqual([...networks], ['2001:db8:1:2::/64']);
  });
});
