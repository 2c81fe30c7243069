import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type ResultKind } from '../../../src/model/outcome.js';
import type { ReasonCode } from '../../../src/model/reason.js';

const page = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
const outcomes = /^## Outcomes$(.*?)^## /ms.exec(page)?.[1] ?? '';

const kinds: Record<ResultKind, true> = {
  updated: true,
  skipped: true,
  'rolled-back': true,
  failed: true,
  gone: true,
  'not-started': true,
};

const codes: Record<ReasonCode, true> = {
  'up-to-date': true,
  'not-in-wave': true,
  'standalone-task': true,
  'protected-task': true,
  'skipped-by-operator': true,
  'agent-disconnected': true,
  ghost: true,
  'ssm-offline': true,
  'not-managed-by-ssm': true,
  'not-bottlerocket': true,
  external: true,
  'managed-instance': true,
  'too-old': true,
  'draining-by-others': true,
  'not-active': true,
  'cannot-drain': true,
  'check-failed': true,
  excluded: true,
  'no-capacity': true,
  held: true,
  'backing-off': true,
  'gave-up': true,
  'quarantined-version': true,
  'handled-by-another-run': true,
  'left-behind': true,
  'deployment-in-progress': true,
  'drain-limit': true,
  'taken-over': true,
  'update-withdrawn': true,
  'apply-failed': true,
  'update-limit': true,
  'reboot-refused': true,
  'reboot-limit': true,
  'booted-old-version': true,
  'wrong-version': true,
  'verify-limit': true,
  'settle-limit': true,
  terminated: true,
  cancelled: true,
  restored: true,
  'aws-error': true,
  'workflow-ended': true,
  'rollout-stopped': true,
};

test.each(Object.keys(kinds))('the runbook has the outcome %s', (kind) => {
  expect(outcomes).toMatch(new RegExp(`^### ${kind}$`, 'm'));
});

test.each(Object.keys(codes))('the runbook says what to do about %s', (code) => {
  expect(outcomes).toMatch(new RegExp(`^\\|[^|\\n]*\`${code}\``, 'm'));
});

test('the runbook has no code that there is not', () => {
  const named = [...outcomes.matchAll(/^\| (`[^|]*`) +\|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code),
  );
  expect(named.filter((code) => !(String(code) in codes))).toEqual([]);
});
