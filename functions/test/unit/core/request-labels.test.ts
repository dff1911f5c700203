import assert from 'node:assert/strict';
import { requestLabels } from '../../../src/core/request-labels.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('request labels', () => {
  const traceOf = (headers: Record<string, string>) =>
    requestLabels({ headers }, 'p')['logging.googleapis.com/trace'];

  it('name the trace that Google begins, in the form that Cloud Logging looks up', () => {
    for (const end of ['', ';o=0', ';o=1']) {
      assert.equal(traceOf({ 'x-cloud-trace-context': `${TRACE}/123${end}` }), `projects/p/traces/${TRACE}`);
    }
  });

  it('name the trace of a W3C header, Google’s first', () => {
    const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`;
    assert.equal(traceOf({ traceparent }), `projects/p/traces/${TRACE}`);
    const google = '0'.repeat(32);
    assert.equal(
      traceOf({ traceparent, 'x-cloud-trace-context': `${google}/1` }),
      `projects/p/traces/${google}`,
    );
  });

  it('name that of the W3C header where Google’s is none', () => {
    const headers = { traceparent: `00-${TRACE}-00f067aa0ba902b7-01`, 'x-cloud-trace-context': 'abc/5' };
    assert.equal(traceOf(headers), `projects/p/traces/${TRACE}`);
  });

  for (const strange of ['', 'x', TRACE, `${TRACE}/`, `${TRACE}/1"}`, `${TRACE}a/1`, `${TRACE}/1\n`]) {
    it(`leave out what is none: ${JSON.stringify(strange)}`, () => {
      assert.deepEqual(requestLabels({ headers: { 'x-cloud-trace-context': strange } }, 'p'), {});
      assert.deepEqual(requestLabels({ headers: { traceparent: strange } }, 'p'), {});
    });
  }

  it('leave out what the functions framework took from a header and what is no id', () => {
    const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln';
    for (const strange of ['', token, 'E"},{"severity":"ALERT', 'x'.repeat(65), 'a b', 'a\n']) {
      assert.deepEqual(requestLabels({ headers: {}, executionId: strange, spanId: strange }, 'p'), {});
    }
    assert.deepEqual(requestLabels({ headers: {}, spanId: '1'.repeat(21) }, 'p'), {});
  });

  it('name what the functions framework found out', () => {
    assert.deepEqual(requestLabels({ headers: {}, executionId: 'e1', spanId: '7' }, 'p'), {
      'logging.googleapis.com/spanId': '7',
      'logging.googleapis.com/labels': { execution_id: 'e1' },
    });
  });
});
