# It writes jobs with the real Sidekiq, and prints what Sidekiq itself says about them.
require "json"
require "sidekiq"
require "sidekiq/api"
require "sidekiq/launcher"

Sidekiq.logger.level = Logger::FATAL
Redis.silence_deprecations = true
Sidekiq.configure_client { |c| c.redis = {url: ENV.fetch("URL"), password: ENV.fetch("PASSWORD")} }
Sidekiq.configure_server { |c| c.redis = {url: ENV.fetch("URL"), password: ENV.fetch("PASSWORD")} }

class Job
  include Sidekiq::Worker
  def perform(seconds) = sleep(seconds)
end

def push(queue, at = nil)
  Sidekiq::Client.push({"class" => "Job", "args" => [60], "queue" => queue, "at" => at}.compact)
end

# A process with a job in progress. Sidekiq reports it every few seconds; here it reports at once.
if ARGV[0] == "work"
  push("slow")
  launcher = Sidekiq::Launcher.new(Sidekiq.options.merge(queues: ["slow"], concurrency: 2, timeout: 0))
  launcher.run
  sleep(0.01) until Sidekiq::Processor::WORKER_STATE.size == 1
  launcher.send(:❤)
  puts "working"
  $stdout.flush
  sleep
end

2.times { push("default"); sleep(0.05) }
push("mailers")
push("odd,name #1")
push("default", Time.now.to_f + 60)
push("later", Time.now.to_f + 30)

# A job that failed, as Sidekiq's own retries write it.
begin
  Sidekiq::JobRetry.new.global(Sidekiq.dump_json("class" => "Job", "args" => [], "queue" => "mailers", "jid" => "r", "retry" => true), "mailers") { raise "x" }
rescue Sidekiq::JobRetry::Handled
end
retried = Sidekiq::RetrySet.new.first

puts JSON.generate(
  "queues" => Sidekiq::Queue.all.to_h { |q| [q.name, {"size" => q.size, "oldest" => q.map { |j| j["enqueued_at"] }.min}] },
  "retried" => {"at" => retried.score, "queue" => retried.queue},
)
