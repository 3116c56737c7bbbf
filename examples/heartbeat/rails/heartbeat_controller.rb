# The heartbeat page of a Rails app (5.2 or newer): it uses the database, the cache and the disk, and answers 200 "Beat".
#
# Copy this file to app/controllers/ and the line of routes.rb to config/routes.rb.
#
# To adapt it, read the table that your pages read most instead of User. Remove from PARTS what your app does not use, and
# add what it does. Set HEARTBEAT_TOKEN in the app and in the bot, so that only the bot can call it. In development the
# cache is off (null_store) and the heartbeat fails. Run `bin/rails dev:cache` to switch it on.
# config.force_ssl and config.hosts apply to this page, too: give the bot the https:// address.

require "tempfile"

# An ActionController::API, so that no session, login or layout of the app applies.
class HeartbeatController < ActionController::API
  PARTS = { database: :read_row, cache: :use_cache, disk: :use_disk }.freeze

  before_action :tell_queue_time # first, because what follows is not the queue
  before_action { response.headers["Cache-Control"] = "no-store" }
  before_action :check_token

  def show
    PARTS.each do |part, check|
      send(check)
    rescue StandardError => e # The details go to the app's log, not into the answer.
      logger.error("heartbeat: #{part} failed: #{e.class}: #{e.message}")
      return render(plain: "#{part} failed", status: :service_unavailable)
    end
    render plain: "Beat"
  end

  private

  # Reads one of the first hundred rows by primary key: a few index entries in a table of any size.
  def read_row
    User.offset(rand(100)).first
  end

  # Sets a value and gets it back. The name is new each time, so that simultaneous heartbeats do not interfere.
  def use_cache
    name = "heartbeat:#{SecureRandom.uuid}"
    Rails.cache.write(name, name, expires_in: 10.seconds)
    raise "the cache returned another value" unless Rails.cache.read(name) == name
  end

  # Writes a temporary file and reads it. The end of the block removes it.
  def use_disk
    Tempfile.create("heartbeat") do |file|
      file.write("heartbeat" * 1000)
      file.rewind
      raise "the file has other contents" unless file.read == "heartbeat" * 1000
    end
  end

  # How long the request waited for a process of the app. The router sends the time at which it received the request in
  # X-Request-Start: seconds, milliseconds or microseconds, with or without "t=". Never less than 0, if clocks differ.
  def tell_queue_time
    taken = request.headers["X-Request-Start"].to_s.match(/\A(?:t=)?(\d{10})\.?(\d*)\z/) or return
    waited = (Time.now.to_f - "#{taken[1]}.#{taken[2]}".to_f) * 1000
    response.headers["X-Queue-Time-Ms"] = format("%.3f", [0, waited].max)
  end

  def check_token
    token = ENV["HEARTBEAT_TOKEN"].to_s
    sent = request.headers["Authorization"].to_s
    return if token.empty? || ActiveSupport::SecurityUtils.secure_compare(sent, "Bearer #{token}")

    response.headers["WWW-Authenticate"] = "Bearer"
    render plain: "wrong or missing token", status: :unauthorized
  end
end
