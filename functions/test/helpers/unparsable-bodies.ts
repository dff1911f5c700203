import { gzipSync } from 'node:zlib';

export type Line = readonly [name: string, value: string];

export const JSON_TYPE: Line = ['Content-Type', 'application/json'];
const LARGE = `{"x":"${'x'.repeat(200_000)}"}`;

/** Bodies that a framework cannot parse, and what the API answers to them. */
export const UNPARSABLE_BODIES: readonly [
  what: string,
  body: string | Buffer,
  headers: Line[],
  status: number,
  code: string,
][] = [
  ['broken JSON', '{"title":', [JSON_TYPE], 400, 'invalid_request'],
  ['a text that is no object', '"x"', [JSON_TYPE], 401, 'unauthenticated'],
  ['white space', ' ', [JSON_TYPE], 400, 'invalid_request'],
  ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), [JSON_TYPE], 400, 'invalid_request'],
  [
    'broken JSON of another JSON type',
    '{',
    [['Content-Type', 'application/cloudevents+json']],
    415,
    'unsupported_media_type',
  ],
  ['a form', 'a=1', [['Content-Type', 'application/x-www-form-urlencoded']], 415, 'unsupported_media_type'],
  [
    'an unknown charset',
    '{}',
    [['Content-Type', 'application/json; charset=foo']],
    415,
    'unsupported_media_type',
  ],
  [
    'UTF-16',
    Buffer.from('{}', 'utf16le'),
    [['Content-Type', 'application/json; charset=utf-16']],
    415,
    'unsupported_media_type',
  ],
  ['gzip', gzipSync('{}'), [JSON_TYPE, ['Content-Encoding', 'gzip']], 415, 'unsupported_media_type'],
  ['an unknown encoding', '{}', [JSON_TYPE, ['Content-Encoding', 'x-foo']], 415, 'unsupported_media_type'],
  ['200 KB', LARGE, [JSON_TYPE], 413, 'payload_too_large'],
];
