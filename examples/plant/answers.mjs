import { DuckDBInstance } from '@duckdb/node-api'

/** Asks the plant's three questions of the Parquet under `out`, by DuckDB, and prints the answers. */
export async function printAnswers(out) {
  const database = await DuckDBInstance.create()
  const connection = await database.connect()
  await connection.run(`SET TimeZone = 'UTC'`)
  const rows = async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson()
  const table = (name) => `read_parquet('${out.replaceAll("'", "''")}/${name}/**/*.parquet', hive_partitioning = true)`

  console.log('\nThe plant\'s three questions, answered from the Parquet (by DuckDB)\n')
  const machines = await rows(`
    SELECT device_id, any_value(line) AS line, avg(temperature) AS average, max(temperature) AS highest,
           100.0 * count(*) FILTER (over_limit) / count(*) AS over
    FROM ${table('sensors')} GROUP BY device_id ORDER BY average DESC LIMIT 5`)
  console.log('1. Which machine runs hot?')
  print(['machine', 'line', 'average °C', 'highest °C', '% above 90 °C'], machines.map((m) => [m.device_id, m.line, m.average.toFixed(1), m.highest.toFixed(1), m.over.toFixed(1)]))
  console.log(`   → ${machines[0].device_id} on ${machines[0].line}: ${(machines[0].average - machines[1].average).toFixed(1)} °C above the next one.\n`)

  const lines = await rows(`
    SELECT line, count(*)::INT AS inspected, 100.0 * count(*) FILTER (defect) / count(*) AS rate,
           mode(defect_code) FILTER (defect) AS common
    FROM ${table('inspections')} GROUP BY line ORDER BY rate DESC`)
  console.log('2. What is the defect rate by line?')
  print(['line', 'inspected', 'defects %', 'most common'], lines.map((l) => [l.line, l.inspected.toLocaleString('en-US'), l.rate.toFixed(2), l.common]))
  console.log(`   → ${lines[0].line} has ${(lines[0].rate / lines[1].rate).toFixed(1)} times the defects of the next line.\n`)

  const hours = await rows(`
    WITH output AS (SELECT date_trunc('hour', ts) AS hour, sum(good) AS good FROM ${table('production')} GROUP BY 1),
         energy AS (SELECT date_trunc('hour', ts) AS hour, sum(kwh) AS kwh FROM ${table('energy')} GROUP BY 1)
    SELECT strftime(hour, '%d %b %H:00') AS hour, good::INT AS good, kwh::INT AS kwh, kwh / good AS each
    FROM output JOIN energy USING (hour) ORDER BY output.hour`)
  console.log('3. How much is made, and with how much energy, by hour?')
  const most = Math.max(...hours.map((h) => h.good))
  print(['hour', 'good parts', 'kWh', 'kWh a part', ''], hours.map((h) => [h.hour, h.good.toLocaleString('en-US'), h.kwh.toLocaleString('en-US'), h.each.toFixed(3), '█'.repeat(Math.round((24 * h.good) / most))]))
  const worst = hours.reduce((a, b) => (b.each > a.each ? b : a))
  console.log(`   → a part costs most energy at ${worst.hour}: ${worst.each.toFixed(3)} kWh.`)
  connection.closeSync()
  database.closeSync()
}

function print(header, rows) {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => String(row[i]).length)))
  const line = (cells) => '   ' + cells.map((cell, i) => (i === 0 || /█/.test(cell) ? String(cell).padEnd(widths[i]) : String(cell).padStart(widths[i]))).join('  ').trimEnd()
  console.log([line(header), ...rows.map(line)].join('\n'))
}
