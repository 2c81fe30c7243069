import { describe, expect, test } from 'vitest';
import { runTool, runToolOrThrow } from '../../../src/temporal/servers/run-tool.js';

const limitMs = 10_000;

describe('running a tool', () => {
  test('gives what it said on both outputs', async () => {
    const result = await runTool('sh', ['-c', 'echo out; echo err >&2; exit 3'], { limitMs });
    expect(result.code).toBe(3);
    expect(result.output).toContain('out\n');
    expect(result.output).toContain('err\n');
  });

  test('quotes its last words when it fails', async () => {
    const script = 'for i in 1 2 3 4 5; do echo line $i; done; exit 1';
    await expect(runToolOrThrow('sh', ['-c', script], { limitMs })).rejects.toThrow(
      'exit code 1: line 3 | line 4 | line 5',
    );
  });

  test('says that it is not installed', async () => {
    await expect(runTool('no-such-tool', [], { limitMs })).rejects.toThrow('no-such-tool is not installed');
  });

  test('ends it, and what it started, when its time is over', async () => {
    const startedAt = Date.now();
    await expect(runTool('sh', ['-c', 'sleep 30; echo late'], { limitMs: 200 })).rejects.toThrow(
      'not done within 0.2 s',
    );
    expect(Date.now() - startedAt).toBeLessThan(5000);
  });

  test('ends it when it is given up', async () => {
    const options = { limitMs, giveUp: () => 'nothing arrived' };
    await expect(runTool('sleep', ['30'], options)).rejects.toThrow('nothing arrived');
  });
});
