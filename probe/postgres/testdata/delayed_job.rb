# It writes jobs with the real Delayed Job, and prints what Delayed Job itself says about them.
require "erb"
require "json"
require "active_record"
require "delayed_job_active_record"

ActiveRecord::Base.establish_connection(ENV.fetch("URL"))
migration_version = "[#{ActiveRecord::Migration.current_version}]"
template = Gem.loaded_specs["delayed_job_active_record"].full_gem_path + "/lib/generators/delayed_job/templates/migration.rb"
eval(ERB.new(File.read(template)).result(binding))
ActiveRecord::Migration.suppress_messages { CreateDelayedJobs.migrate(:up) }

class Work
  def perform = nil
end

add = ->(queue, **more) { Delayed::Job.enqueue(Work.new, queue: queue, **more) }
first = add.("default")
sleep 0.05
add.("default")
add.("default", run_at: Time.now + 60)
add.("mail, \"odd\"")
add.(nil)
add.("default").update!(failed_at: Time.now)
add.("slow")
Delayed::Worker.queues = ["slow"]
Delayed::Job.reserve(Delayed::Worker.new) or abort "nothing reserved"
puts JSON.generate("first" => first.run_at.to_f)
