import { describe, expect, it } from 'vitest'
import { commandLine, testFolder } from '../command-line.testing.js'

describe('explain', () => {
  it('prints the plan, the contract with its reasons, the bounds, and where settings come from', async () => {
    const { code, out, err } = await commandLine(['explain', 'files/pipeline.yaml'], { environment: { OUT: 'out' } })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    for (const part of [
      /^readings: file → directory$/m,
      /^ {2}semantics streams, delivery exactly-once$/m,
      /^ {4}read +file \(replayable, ordered, ends by itself\)$/m,
      /^ {4}decode +ts timestamp, device_id string, line string, temperature double, note string$/m,
      /^ {4}operator +filter\n {4}operator +set$/m,
      /^ {4}deliver +directory: parquet to files\/out\/dt=!\{event:ts:yyyy-MM-dd\}\/, rolled at 128 MiB or 5m$/m,
      /^ {2}What directory promises\n {4}delivery +each record that can be processed is published exactly once\n +because /m,
      /^ {4}after a crash +nothing is lost and nothing is doubled\n +because /m,
      /^ {4}memory: records and unfinished objects, over all sinks +256 MiB$/m,
      /^ {4}sinks\[0\]\.roll\.size +128MiB, semantics: streams$/m,
      /^ {4}limits\.checkpoint +5s, default$/m,
    ]) {
      expect(out).toMatch(part)
    }
  })

  it('says less of a sink that can promise less, and what the other preset sets', async () => {
    const directory = await testFolder({
      'pair.yaml':
        'name: pair\nsemantics: firehose\nsource: { file: { path: readings.csv, format: csv } }\nschema: { a: string }\n' +
        'sinks: [{ name: lake, directory: { path: out } }, { stdout: {} }]\ndeadLetter: { directory: { path: errors } }\n',
    })
    const { out } = await commandLine(['explain', 'pair.yaml'], { directory })
    expect(out).toContain('semantics firehose, delivery at-least-once')
    expect(out).toMatch(/What stdout promises\n +delivery +each record at least once/)
    expect(out).toMatch(/^ {4}limits\.record +.*semantics: firehose$/m)
  })

  it('prints the least policy, as JSON, for what the pipeline names and nothing else', async () => {
    const directory = await testFolder({
      'lake.yaml':
        'name: lake\nsource: { file: { path: readings.csv, format: csv } }\nschema: { a: string }\n' +
        'sink: { s3: { bucket: lake, prefix: "telemetry/", encryption: { kms: "arn:aws:kms:eu-central-1:111122223333:key/abc" } } }\ndeadLetter: { s3: { bucket: errors } }\n',
    })
    const { code, out } = await commandLine(['explain', '--iam', 'lake.yaml'], { directory })
    expect(code).toBe(0)
    const policy = JSON.parse(out) as { Version: string; Statement: { Sid: string; Effect: string; Action: string[]; Resource: string[] }[] }
    expect(policy.Version).toBe('2012-10-17')
    const resourcesOf = (action: string): string[] => policy.Statement.filter((statement) => statement.Action.includes(action)).flatMap((statement) => statement.Resource)
    expect(resourcesOf('s3:PutObject')).toEqual(['arn:aws:s3:::lake/telemetry/*', 'arn:aws:s3:::errors/*'])
    expect(resourcesOf('kms:GenerateDataKey')).toEqual(['arn:aws:kms:eu-central-1:111122223333:key/abc'])
    const sids = policy.Statement.map((statement) => statement.Sid)
    expect(new Set(sids).size).toBe(sids.length)
    for (const { Sid, Effect, Action } of policy.Statement) {
      expect(Sid).toMatch(/^[A-Za-z0-9]+$/)
      expect(Effect).toBe('Allow')
      for (const action of Action) expect(action).toMatch(/^(s3|kms):[A-Z]\w+$/)
    }
  })

  it('says that nothing is to be granted for files, beside a policy that is empty', async () => {
    const { code, out, err } = await commandLine(['explain', '--iam', 'files/pipeline.yaml'])
    expect(JSON.parse(out)).toEqual({ Version: '2012-10-17', Statement: [] })
    expect({ code, err }).toEqual({ code: 0, err: 'standpipe: nothing is to be granted: readings uses no AWS service\n' })
  })

  it('fits a terminal', async () => {
    const { out } = await commandLine(['explain', 'plant/plant.yaml'], { isTerminal: true, environment: { OUT: '/somewhere/far/away/from/here' } })
    expect(out.split('\n').filter((line) => line.length > 80)).toEqual([])
  })
})
