import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeAccount, member } from './account.js';

const content = (script = 'true', more: object = {}): string =>
  JSON.stringify({
    schemaVersion: '2.2',
    description: 'a test',
    parameters: { Name: { type: 'String', default: 'x', description: 'a name' } },
    mainSteps: [
      { action: 'aws:runShellScript', name: 'Step', inputs: { runCommand: [script], timeoutSeconds: '60' } },
    ],
    ...more,
  });

const Name = 'my-document';

describe('a new document', () => {
  it('is Creating, then Active, and described with the SHA-256 of its content', async () => {
    const { call, clock } = makeAccount();
    const { DocumentDescription } = await call('CreateDocument', { Name, Content: content() });
    expect(DocumentDescription).toMatchObject({
      Name,
      Status: 'Creating',
      Owner: '123456789012',
      Hash: createHash('sha256').update(content()).digest('hex'),
      HashType: 'Sha256',
      DocumentVersion: '1',
      LatestVersion: '1',
      DefaultVersion: '1',
      SchemaVersion: '2.2',
      DocumentType: 'Command',
      DocumentFormat: 'JSON',
      PlatformTypes: ['Linux', 'MacOS'],
      Parameters: [{ Name: 'Name', Type: 'String', DefaultValue: 'x', Description: 'a name' }],
    });
    await clock.advance(3000);
    expect((await call('DescribeDocument', { Name }))['Document']).toMatchObject({ Status: 'Active' });
    const document = await call('GetDocument', { Name });
    expect(document).toMatchObject({ Content: content(), Status: 'Active', DocumentVersion: '1' });
    expect(document).not.toHaveProperty('Hash');
  });

  it.each([
    ['no JSON', 'nonsense', 'InvalidDocumentContent'],
    ['no steps', JSON.stringify({ schemaVersion: '2.2', mainSteps: [] }), 'InvalidDocumentContent'],
    ['a misspelt member', content('true', { mainstep: [] }), 'InvalidDocumentContent'],
    ['an undeclared parameter', content('echo {{ Other }}'), 'InvalidDocumentContent'],
    ['an old schema', content('true', { schemaVersion: '0.3' }), 'InvalidDocumentSchemaVersion'],
    [
      'a broken pattern',
      content('true', { parameters: { A: { type: 'String', allowedPattern: '(' } } }),
      'InvalidDocumentContent',
    ],
    ['64 KB and more', content('x'.repeat(66_000)), 'MaxDocumentSizeExceeded'],
    ['nothing', '', 'ValidationException'],
  ])('is refused with %s', async (_, Content, code) => {
    expect(await makeAccount().refusal('CreateDocument', { Name, Content })).toBe(code);
  });

  it('is refused under a name that is taken, reserved or malformed', async () => {
    const { call, refusal } = makeAccount();
    await call('CreateDocument', { Name, Content: content() });
    expect(await refusal('CreateDocument', { Name, Content: content() })).toBe('DocumentAlreadyExists');
    expect(await refusal('CreateDocument', { Name: 'AWS-Mine', Content: content() })).toBe(
      'ValidationException',
    );
    expect(await refusal('CreateDocument', { Name: 'a b', Content: content() })).toBe('ValidationException');
  });

  it('may be YAML', async () => {
    const { call } = makeAccount();
    const Content =
      'schemaVersion: "2.2"\nmainSteps:\n- action: aws:runShellScript\n  name: A\n  inputs:\n    runCommand: [ls]\n';
    expect(await call('CreateDocument', { Name, Content, DocumentFormat: 'YAML' })).toMatchObject({
      DocumentDescription: { DocumentFormat: 'YAML' },
    });
  });
});

describe('a version', () => {
  it('is added without moving the default', async () => {
    const { call, refusal } = makeAccount();
    await call('CreateDocument', { Name, Content: content() });
    const updated = await call('UpdateDocument', {
      Name,
      Content: content('false'),
      DocumentVersion: '$LATEST',
    });
    expect(updated['DocumentDescription']).toMatchObject({
      DocumentVersion: '2',
      DefaultVersion: '1',
      Status: 'Updating',
    });
    expect(await call('GetDocument', { Name })).toMatchObject({ DocumentVersion: '1' });
    expect(await call('GetDocument', { Name, DocumentVersion: '$LATEST' })).toMatchObject({
      DocumentVersion: '2',
    });
    expect(await call('UpdateDocumentDefaultVersion', { Name, DocumentVersion: '2' })).toEqual({
      Description: { Name, DefaultVersion: '2' },
    });
    expect(await call('GetDocument', { Name })).toMatchObject({
      DocumentVersion: '2',
      Content: content('false'),
    });
    expect(await refusal('UpdateDocumentDefaultVersion', { Name, DocumentVersion: '3' })).toBe(
      'InvalidDocumentVersion',
    );
  });

  it('is refused with content that is there already, or when it is not based on the latest', async () => {
    const { call, refusal } = makeAccount();
    await call('CreateDocument', { Name, Content: content() });
    const input = { Name, Content: content(), DocumentVersion: '$LATEST' };
    expect(await refusal('UpdateDocument', input)).toBe('DuplicateDocumentContent');
    await call('UpdateDocument', { ...input, Content: content('false') });
    expect(await refusal('UpdateDocument', { ...input, Content: content('ls'), DocumentVersion: '1' })).toBe(
      'InvalidDocumentVersion',
    );
    expect(await refusal('UpdateDocument', { ...input, Name: 'nobody' })).toBe('InvalidDocument');
  });
});

it('is deleted, and unknown from then on', async () => {
  const { call, refusal } = makeAccount();
  await call('CreateDocument', { Name, Content: content() });
  await call('DeleteDocument', { Name });
  expect(await refusal('DescribeDocument', { Name })).toBe('InvalidDocument');
  expect(await refusal('DeleteDocument', { Name })).toBe('InvalidDocument');
  expect(await refusal('DeleteDocument', { Name: 'AWS-RunShellScript' })).toBe('AccessDeniedException');
});

it('is listed in pages, by owner', async () => {
  const { call } = makeAccount();
  for (const each of ['one', 'two', 'three']) {
    await call('CreateDocument', { Name: each, Content: content() });
  }
  const input = { Filters: [{ Key: 'Owner', Values: ['Self'] }], MaxResults: 2 };
  const first = await call('ListDocuments', input);
  expect(first['DocumentIdentifiers']).toMatchObject([{ Name: 'one' }, { Name: 'three' }]);
  const second = await call('ListDocuments', { ...input, NextToken: first['NextToken'] });
  expect(second['DocumentIdentifiers']).toMatchObject([{ Name: 'two' }]);
  expect(second['NextToken']).toBeUndefined();
  expect(member(await call('ListDocuments'), 'DocumentIdentifiers', 0, 'Name')).toBe('AWS-RunShellScript');
});
