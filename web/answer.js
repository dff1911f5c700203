import { parseChallenge } from './api.js';
import { h, json, rows } from './dom.js';

/** Renders an API response: status, reason, WWW-Authenticate challenge and body. */
export function renderAnswer(answer) {
  const { ok, status, code, problem, body, challenge, requestId } = answer;
  const nodes = [
    h(
      'p',
      { className: 'verdict' },
      h('span', { className: `status ${ok ? 'good' : 'bad'}` }, String(status)),
      h('strong', {}, ok ? 'OK' : (problem?.title ?? 'Refused')),
      !ok && h('code', {}, code),
    ),
  ];
  if (problem?.detail) nodes.push(h('p', {}, problem.detail));
  if (problem?.errors) {
    nodes.push(
      h('ul', {}, ...problem.errors.map(({ field, message }) => h('li', {}, `${field}: ${message}`))),
    );
  }
  if (challenge) {
    nodes.push(
      h('h4', {}, 'WWW-Authenticate'),
      h('dl', { className: 'facts' }, ...rows(parseChallenge(challenge))),
    );
  }
  if (body !== undefined) {
    const text = h('pre', {}, json(body));
    nodes.push(h('details', {}, h('summary', {}, ok ? 'Response' : 'Problem details'), text));
  }
  if (!ok && requestId) nodes.push(h('p', { className: 'quiet' }, 'Request ID ', h('code', {}, requestId)));
  return nodes;
}
