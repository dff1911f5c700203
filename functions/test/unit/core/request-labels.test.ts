import assert from 'node:assert/strict';
import { requestLabels } from '../../../src/core/request-labels.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('request labels', () => {
  const traceOf = (headers: Record<string, string>) =>
    requestLabels({ headers }, 'p')['logging.googleapis.com/trace'];

  it('contain the trace of Google, in the format of Cloud Logging', () => {
    for (const end of ['', ';o=0', ';o=1']) {
      assert.equal(traceOf({ 'x-cloud-trace-context': `${TRACE}/123${end}` }), `projects/p/traces/${TRACE}`);
    }
  });

  it('contain the trace of a W3C header, unless there is one of Google', () => {
    const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`;
    assert.equal(traceOf({ traceparent }), `projects/p/traces/${TRACE}`);
    const google = '0'.repeat(32);
    assert.equal(
      traceOf({ traceparent, 'x-cloud-trace-context': `${google}/1` }),
      `projects/p/traces/${google}`,
    );
  });

  it('contain the trace of a W3C header if the one of Google is invalid', () => {
    const headers = { traceparent: `00-${TRACE}-00f067aa0ba902b7-01`, 'x-cloud-trace-context': 'abc/5' };
    assert.equal(traceOf(headers), `projects/p/traces/${TRACE}`);
  });

  for (const invalid of ['', 'x', TRACE, `${TRACE}/`, `${TRACE}/1"}`, `${TRACE}a/1`, `${TRACE}/1\n`]) {
    it(`leave out an invalid trace: ${JSON.stringify(invalid)}`, () => {
      assert.deepEqual(requestLabels({ headers: { 'x-cloud-trace-context': invalid } }, 'p'), {});
      assert.deepEqual(requestLabels({ headers: { traceparent: invalid } }, 'p'), {});
    });
  }

  it('leave out invalid ids that the functions framework took from a header', () => {
    const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln';
    for (const invalid of ['', token, 'E"},{"severity":"ALERT', 'x'.repeat(65), 'a b', 'a\n']) {
      assert.deepEqual(requestLabels({ headers: {}, executionId: invalid, spanId: invalid }, 'p'), {});
    }
    assert.deepEqual(requestLabels({ headers: {}, spanId: '1'.repeat(21) }, 'p'), {});
  });

  it('contain the ids of the functions framework', () => {
    assert.deepEqual(requestLabels({ headers: {}, executionId: 'e1', spanId: '7' }, 'p'), {
      'logging.googleapis.com/spanId': '7',
      'logging.googleapis.com/labels': { execution_id: 'e1' },
    });
  });
});
