import assert from 'node:assert/strict';
import { requestLabels } from '../../../src/lib/request-labels.ts';

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

  for (const strange of ['', 'x', TRACE, `${TRACE}/`, `${TRACE}/1"}`, `${TRACE}a/1`, `${TRACE}/1\n`]) {
    it(`leave out what is none: ${JSON.stringify(strange)}`, () => {
      assert.deepEqual(requestLabels({ headers: { 'x-cloud-trace-context': strange } }, 'p'), {});
      assert.deepEqual(requestLabels({ headers: { traceparent: strange } }, 'p'), {});
    });
  }

  it('name what the functions framework found out', () => {
    assert.deepEqual(requestLabels({ headers: {}, executionId: 'e1', spanId: '7' }, 'p'), {
      'logging.googleapis.com/spanId': '7',
      'logging.googleapis.com/labels': { execution_id: 'e1' },
    });
  });
});
